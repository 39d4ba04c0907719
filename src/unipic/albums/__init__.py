"""Events of a library, plans of album trees, and pictures made of several shots."""
