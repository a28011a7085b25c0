/** The task of a net: labels that are numbers, one of two classes, or one of several classes. */
export type NetType = 'fitting' | 'binaryClassifier' | 'multipleClassifier';
