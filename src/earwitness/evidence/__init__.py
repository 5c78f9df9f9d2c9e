"""Exhibits as received: what they are, their bytes, their sound, and who touched them."""
