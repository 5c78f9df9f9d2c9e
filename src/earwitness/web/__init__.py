"""The desk: a web page to work at. An entrance like the command line; it does no work of its own."""
