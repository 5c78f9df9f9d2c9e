"""Files as a desk must expect to be sent them: broken, lying, hostile or only odd."""
