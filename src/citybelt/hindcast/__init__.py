"""A world of 2010 made of what was known then, run to 2020, and scored against the census of 2020."""
