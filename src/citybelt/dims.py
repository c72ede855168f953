"""The order in which the axes of labelled arrays stand, and the labels that are the same in every world.

``region`` holds the domestic regions first, then the foreign partners. Where two regions meet, the first
axis is the buyer (or the destination) and the second the seller (or the origin) of goods; for people the
first axis is the place of registration (``origin``) and the second the place of residence (``residence``).
``sector`` is the sector that produces or uses, ``product`` the sector whose product is used; the labels are the same.
"""

#: People under 60 (they work, with their children) and people of 60 and over (they live from transfers).
GROUPS = ("under60", "over60")

#: Who can pay for a lever. The province and the city of a payment are those of the place it is made for.
PAYERS = ("centre", "province", "city", "private", "foreign")

#: Of whom totals are told: the regions that a plan is about, and all at home.
SETS = ("cluster", "nation")
