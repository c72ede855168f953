"""Plain damped loops in numpy, as one would write them for one problem: what the general solver is held against."""
