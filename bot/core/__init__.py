"""What Aftercare decides, as plain values: no Discord, no database, no model, no clock, no randomness."""
