"""Pages of the workbench beside the map, one file each: a title, and a router that gives its data."""
