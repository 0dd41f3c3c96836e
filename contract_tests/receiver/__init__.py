"""The suite that judges callback receivers."""
