/** An output that losses and metrics judge: its last dimension, and whether softmax or sigmoid made it. */
export interface OutputForm {
  readonly width: number;
  readonly kind?: 'softmax' | 'sigmoid' | undefined;
}
