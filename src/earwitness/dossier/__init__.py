"""Documents become statements: who says what, how surely, when, and in which words.

Everything in this room works offline, by rules that can be read. What it drafts is a draft: a
person accepts it, edits it or rejects it, and only then does it count.
"""
