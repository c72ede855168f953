"""Pages of the workbench beside the map, one file each with ``ID``, ``TITLE`` and a ``router`` that gives its data."""
