// Original file: scheduler/v2/scheduler.proto


export interface File {
  'url'?: (string);
  'isFinished'?: (boolean);
  '_isFinished'?: "isFinished";
}

export interface File__Output {
  'url': (string);
  'isFinished'?: (boolean);
  '_isFinished'?: "isFinished";
}
