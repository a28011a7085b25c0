/** What `blasnet train` was told; undefined where nothing was said. */
export interface TrainFlags {
  readonly label?: readonly string[];
  readonly test?: string;
  readonly split?: number;
  readonly validation?: number;
  readonly ignore?: readonly string[];
  readonly columns?: readonly string[];
  /** True without columns: all that begin with a text. */
  readonly categorical?: true | readonly string[];
  readonly missing?: readonly string[];
  readonly header: boolean;
  readonly delimiter?: string;
  readonly normalize: boolean;
  readonly type?: TypeName;
  readonly net?: string;
  readonly activation?: string;
  readonly config?: string;
  readonly epochs?: number;
  readonly batch?: number;
  readonly optimizer?: string;
  readonly rate?: number;
  readonly earlyStop?: number;
  readonly seed?: number;
  readonly threads?: number;
  readonly checkpoint?: string;
  readonly resume?: true;
  readonly out: string;
  /** False for none; undefined: beside the model. */
  readonly charts?: string | false;
  readonly quiet?: true;
  readonly json?: true;
}

/** What the command line calls types of nets. */
export type TypeName = 'fitting' | 'binary' | 'multiple';
