"""A second, independent route to the equilibrium of each class of models: plain loops, for checking only."""
