"""Routes of the workbench, one file for each thing that a page asks for."""
