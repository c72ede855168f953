"""The five securities as outcomes: disruptions through the same engine within a year, never added up.

``citybelt.security.stress`` holds the run, ``table`` the data behind it, ``kinds`` what each disruption changes,
``loss`` what it costs, ``routes`` the transport graph, ``budget`` the carbon price, ``indicators`` published numbers.
"""
