"""The planner's problem and its optimum: rows, bounds, securities, whole projects."""
