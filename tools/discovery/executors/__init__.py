"""Where evaluations happen besides this machine's own lanes (`tools.discovery.evaluate`)."""
