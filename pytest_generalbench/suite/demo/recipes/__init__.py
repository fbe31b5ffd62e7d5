"""How the demo data of each kind of task are made."""
