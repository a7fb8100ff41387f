// Original file: p2pfs/v1/pieces.proto

import type { WitnessedPiece as _p2pfs_v1_WitnessedPiece, WitnessedPiece__Output as _p2pfs_v1_WitnessedPiece__Output } from '../../p2pfs/v1/WitnessedPiece.ts';

export interface ManifestResponse {
  'pieces'?: (_p2pfs_v1_WitnessedPiece)[];
}

export interface ManifestResponse__Output {
  'pieces': (_p2pfs_v1_WitnessedPiece__Output)[];
}
