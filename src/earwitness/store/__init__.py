"""Where a case is kept: its folder, its case.toml, its database."""
