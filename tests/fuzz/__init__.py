"""Bytes of any kind to whether the laws of what reads them hold: `make fuzz`."""
