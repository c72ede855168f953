"""How sure a plan is: draws, plans nearly as good, outside worlds, the optimiser's curse."""
