"""citybelt."""
