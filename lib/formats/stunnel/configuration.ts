/** Where something stands in a configuration: what an editor needs to go there. */
export interface Place {
  /** The path as it was given, or as its folder was included. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
}

/** One `name = value` of a file. */
export interface OptionLine {
  /** As stunnel spells it: the files may write names in any case. */
  readonly name: string;
  /** Without the white space around it. It may be empty. */
  readonly value: string;
  readonly place: Place;
}

/** What stands below one `[name]`. */
export interface Section {
  readonly name: string;
  readonly place: Place;
  /** In the order of the file. */
  readonly options: readonly OptionLine[];
}

/** A configuration of stunnel with its included files, as it was written. Only names of options have been checked. */
export interface Configuration {
  /** What stands before the first section: options of the process, and defaults of all sections. */
  readonly head: readonly OptionLine[];
  readonly sections: readonly Section[];
  /** Every file that was read, in this order. */
  readonly files: readonly string[];
  /** How much work it was, in characters that were looked at: it is bounded by the size of the files. */
  readonly steps: number;
}
