"""The benchmark divided into shards that run as jobs, and merged: on this machine, under SLURM, over Ray."""
