"""The two ways to count a level: as the paper defines it and as the released tool prints it."""
