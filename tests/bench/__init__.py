"""What newsqa costs on this machine: `make bench`, and `make bench-scale` for what takes long."""
