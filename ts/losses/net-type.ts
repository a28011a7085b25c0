/** What a net is for. */
export type NetType = 'fitting' | 'binaryClassifier' | 'multipleClassifier';
