"""What a planner asks for: briefs and their files, places and words."""
