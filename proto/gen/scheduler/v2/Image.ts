// Original file: scheduler/v2/scheduler.proto

import type { Layer as _scheduler_v2_Layer, Layer__Output as _scheduler_v2_Layer__Output } from '../../scheduler/v2/Layer.ts';

export interface Image {
  'layers'?: (_scheduler_v2_Layer)[];
}

export interface Image__Output {
  'layers': (_scheduler_v2_Layer__Output)[];
}
