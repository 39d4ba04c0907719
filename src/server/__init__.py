"""The HTTP server beside the screens: runs, jobs, routes and access control. No widgets."""
