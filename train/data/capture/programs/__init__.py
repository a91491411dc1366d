"""One file per program or group; each defines `RECIPES`."""
