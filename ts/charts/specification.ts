/**
 * A chart as JSON: a specification of [Vega-Lite](https://vega.github.io/vega-lite/docs/spec.html). The type declares
 * the names of the top level only, since types need no optional package; `TopLevelSpec` of vega-lite fits it.
 */
export interface ChartSpecification extends Readonly<Partial<Record<Property, unknown>>> {}

/** The properties of the top level of a chart. */
type Property =
  | '$schema'
  | 'align'
  | 'autosize'
  | 'background'
  | 'bounds'
  | 'center'
  | 'columns'
  | 'concat'
  | 'config'
  | 'data'
  | 'datasets'
  | 'description'
  | 'encoding'
  | 'facet'
  | 'hconcat'
  | 'height'
  | 'layer'
  | 'mark'
  | 'name'
  | 'padding'
  | 'params'
  | 'projection'
  | 'repeat'
  | 'resolve'
  | 'spacing'
  | 'spec'
  | 'title'
  | 'transform'
  | 'usermeta'
  | 'vconcat'
  | 'view'
  | 'width';

/** A chart of one panel, for `renderSvg` and `saveChart`, or together with others for `trellis`. */
export interface Panel extends ChartSpecification {
  readonly layer: readonly unknown[];
}
