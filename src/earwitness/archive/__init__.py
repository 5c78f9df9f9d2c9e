"""The fingerprint archive: has this sound, or a part of it, been heard before?

``build`` adds recordings, ``index.open_archive`` opens an archive, ``search.search`` finds what of
a sound stands in it. What is found is the *same recording*, however it was coded, filtered, sped up
or talked over; that the same words were said again is not found, and is not looked for.
"""
