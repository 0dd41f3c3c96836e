"""Golden exchanges: what goes over the wire, played and compared byte for byte."""
