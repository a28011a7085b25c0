/**
 * A chart as JSON: a specification of [Vega-Lite](https://vega.github.io/vega-lite/docs/spec.html). It has the names of
 * the top level alone, so that types need no optional package; with vega-lite installed, its `TopLevelSpec` goes for one.
 */
export interface ChartSpecification extends Readonly<Partial<Record<Property, unknown>>> {}

/** What the top level of a chart of any kind may hold. */
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

/** A chart of one panel: for `renderSvg` and `saveChart` alone, or for `trellis` together with others. */
export interface Panel extends ChartSpecification {
  readonly layer: readonly unknown[];
}
