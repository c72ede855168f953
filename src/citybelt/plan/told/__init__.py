"""What is said about a plan: measures, prices, work, reach, worth, conflicts, frontiers."""
