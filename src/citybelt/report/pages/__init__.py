"""The chapters of the report. Each is a function of the inputs and a language that returns a Section."""
