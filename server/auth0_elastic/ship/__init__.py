"""The shipper: from the spool into the data stream, each event exactly once, every ending counted."""
