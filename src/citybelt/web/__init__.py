"""The workbench: a local server for a browser. Routes and words only; every number comes from the packages before it.

``app`` puts the routes together, ``guard`` decides who may ask, ``bench`` holds the world, ``store`` keeps drafts and
scenarios, ``jobs`` runs long work in processes of its own. A page of its own is one file in ``pages``.
"""
