"""Links to the web of data: candidates, their scores, and the gate that outside identifiers must pass."""
