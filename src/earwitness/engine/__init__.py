"""Carrying out examinations: in processes of their own, so that a hostile file stops only itself."""
