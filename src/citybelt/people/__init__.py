"""People by region, sex, age and skill, and the laws by which they live, give birth, move, study and grow old."""
