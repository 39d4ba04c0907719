# A development shell for NixOS: Python, exiftool, and the libraries that the wheels from PyPI are linked against.
# Written, not run: this project is not tested on NixOS.
{
  description = "Unipic";
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs = { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" ];
      for = f: nixpkgs.lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
    in {
      devShells = for (pkgs: {
        default = pkgs.mkShell {
          packages = [ pkgs.python311 pkgs.uv pkgs.exiftool ];
          LD_LIBRARY_PATH = pkgs.lib.makeLibraryPath [ pkgs.stdenv.cc.cc.lib pkgs.zlib pkgs.libGL pkgs.glib ];
          shellHook = ''
            test -d .venv || python -m venv .venv
            . .venv/bin/activate
          '';
        };
      });
    };
}
