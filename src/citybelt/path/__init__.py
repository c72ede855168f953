"""Paths through time: a year's equilibrium, laws of motion, the next year."""
