"""HTTP beside the screens: runs, jobs, routes, access control. No widgets."""
