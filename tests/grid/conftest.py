"""What the tests of grid records share."""
