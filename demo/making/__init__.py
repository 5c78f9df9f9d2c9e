"""How the sounds of the demo are made: a synthetic voice, a room, a hum, a chain of codecs."""
