"""Pure functions from a block of rows to a block of rows, and the loop over blocks."""
