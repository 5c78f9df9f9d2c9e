"""Plain functions over arrays of sound, and the recording that is decoded once and shared."""
