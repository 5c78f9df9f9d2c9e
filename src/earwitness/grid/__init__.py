"""Records of mains frequency: read in their publishers' layouts, kept as columns, searched for a hum.

Conventions: times are milliseconds of UTC since 1970; values are tenths of a millihertz off the
nominal frequency, in 16 bits; ``MISSING`` stands where a record has none.
"""
